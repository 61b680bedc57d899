import type { z } from 'zod';
import type { DemoAccount } from '#contract/accounts.ts';

/** What the demo's login page offers, one card for each role; its seed makes exactly these. */
export const DEMO_ACCOUNTS: z.infer<typeof DemoAccount>[] = [
  { role: 'bureau', name: '王建国', login: 'officer', password: 'anke-officer' },
  { role: 'supervisor', name: '李慧敏', login: 'supervisor', password: 'anke-supervisor' },
  { role: 'enterprise', name: '陈志强', login: 'enterprise', password: 'anke-enterprise' },
  { role: 'instructor', name: '周文斌', login: 'instructor', password: 'anke-instructor' },
  { role: 'learner', name: '张晓梅', login: 'learner', password: 'anke-learner' },
];
