import type { z } from 'zod';
import { addTexts } from '#client/i18n.ts';
import type { Role } from '#contract/accounts.ts';
import type { SessionMode, SessionState } from '#contract/courses.ts';
import type { Industry, PersonCategory, UnitKind, Verification } from '#contract/organisations.ts';
import type { QuestionKind } from '#contract/quiz.ts';

type Code = z.infer<
  | typeof Industry
  | typeof PersonCategory
  | typeof UnitKind
  | typeof Verification
  | typeof SessionState
  | typeof SessionMode
  | typeof QuestionKind
  | typeof Role
>;

const zh = {
  bureau: '应急局',
  supervisor: '街道 / 行业监管人员',
  enterprise: '企业',
  instructor: '讲师',
  learner: '学员',
  government: '机关单位',
  deputy_leader: '分管领导',
  official: '相关工作人员',
  principal: '主要负责人',
  safety_manager: '安全管理人员',
  worker: '从业人员',
  special_operator: '特种作业人员',
  unverified: '未核实',
  verified: '已核实',
  refused: '非本单位人员',
  draft: '草稿',
  scheduled: '已排期',
  live: '直播中',
  ended: '已结束',
  archived: '已归档',
  online: '线上',
  offline: '线下',
  both: '线上线下',
  single: '单选题',
  multiple: '多选题',
  true_false: '判断题',
  coal: '煤矿',
  non_coal_mine: '非煤矿山',
  hazardous_chemicals: '危险化学品',
  fireworks: '烟花爆竹',
  metal_smelting: '金属冶炼',
  construction: '建筑施工',
  machinery: '机械制造',
  light_industry: '轻工',
  textiles: '纺织',
  building_materials: '建材',
  food: '食品',
  warehousing_transport: '仓储运输',
  commerce: '商贸',
  catering_hotel: '餐饮住宿',
  gas: '燃气',
  education_health: '教育医疗',
  other: '其他',
} as const satisfies Record<Code, string>;

/** The words for every code of the contract. */
export const useWords = addTexts({
  zh: zh as Record<Code, string>,
  en: {
    bureau: 'Bureau',
    supervisor: 'Supervisor',
    enterprise: 'Enterprise',
    instructor: 'Instructor',
    learner: 'Learner',
    government: 'Government unit',
    deputy_leader: 'Deputy in charge',
    official: 'Staff',
    principal: 'Principal',
    safety_manager: 'Safety manager',
    worker: 'Worker',
    special_operator: 'Special operator',
    unverified: 'Unverified',
    verified: 'Verified',
    refused: 'Refused',
    draft: 'Draft',
    scheduled: 'Scheduled',
    live: 'Live',
    ended: 'Ended',
    archived: 'Archived',
    online: 'Online',
    offline: 'Venue',
    both: 'Online and venue',
    single: 'Single choice',
    multiple: 'Multiple choice',
    true_false: 'True or false',
    coal: 'Coal',
    non_coal_mine: 'Non-coal mine',
    hazardous_chemicals: 'Hazardous chemicals',
    fireworks: 'Fireworks',
    metal_smelting: 'Metal smelting',
    construction: 'Construction',
    machinery: 'Machinery',
    light_industry: 'Light industry',
    textiles: 'Textiles',
    building_materials: 'Building materials',
    food: 'Food',
    warehousing_transport: 'Warehousing and transport',
    commerce: 'Commerce',
    catering_hotel: 'Catering and hotels',
    gas: 'Gas',
    education_health: 'Education and health',
    other: 'Other',
  },
});
