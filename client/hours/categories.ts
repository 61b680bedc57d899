import { addTexts } from '#client/i18n.ts';
import type { PERSON_CATEGORIES } from '#contract/plain.ts';

type Category = (typeof PERSON_CATEGORIES)[number];

/** What learners are called; the console's words are not loaded on their pages. */
export const useCategoryWords = addTexts({
  zh: {
    deputy_leader: '分管领导',
    official: '相关工作人员',
    principal: '主要负责人',
    safety_manager: '安全管理人员',
    worker: '从业人员',
    special_operator: '特种作业人员',
  } as Record<Category, string>,
  en: {
    deputy_leader: 'Deputy in charge',
    official: 'Staff',
    principal: 'Principal',
    safety_manager: 'Safety manager',
    worker: 'Worker',
    special_operator: 'Special operator',
  },
});
