import type { Grant } from '#contract/accounts.ts';

/** Who makes a request, as the access token says it. */
export interface Principal {
  loginId: string | null;
  accountId: string | null;
  personId: string | null;
  /** The person's unit. */
  unitId: string | null;
  name: string;
  /** What the account holds; a person is a learner beside it. Nobody signed in: empty. */
  grants: Grant[];
}

export const ANONYMOUS: Principal = {
  loginId: null,
  accountId: null,
  personId: null,
  unitId: null,
  name: '',
  grants: [],
};

/** Which units' data a caller may see. */
export type Visibility =
  | { all: true }
  | { all: false; areaIds: string[]; industries: string[]; unitIds: string[]; personId: string | null };
