import type { Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';

/** The words of sheets that are imported, Chinese and English. */
interface Words {
  zh: string;
  en: string;
}

export const UNIT_KINDS: Record<UnitKind, Words> = {
  enterprise: { zh: '企业', en: 'enterprise' },
  government: { zh: '机关单位', en: 'government unit' },
  bureau: { zh: '应急局', en: 'bureau' },
};

export const CATEGORIES: Record<PersonCategory, Words> = {
  principal: { zh: '主要负责人', en: 'principal' },
  safety_manager: { zh: '安全管理人员', en: 'safety manager' },
  worker: { zh: '从业人员', en: 'worker' },
  special_operator: { zh: '特种作业人员', en: 'special operator' },
  deputy_leader: { zh: '分管领导', en: 'deputy leader' },
  official: { zh: '相关工作人员', en: 'official' },
};

export const INDUSTRIES: Record<Industry, Words> = {
  coal: { zh: '煤矿', en: 'coal' },
  non_coal_mine: { zh: '非煤矿山', en: 'non-coal mine' },
  hazardous_chemicals: { zh: '危险化学品', en: 'hazardous chemicals' },
  fireworks: { zh: '烟花爆竹', en: 'fireworks' },
  metal_smelting: { zh: '金属冶炼', en: 'metal smelting' },
  construction: { zh: '建筑施工', en: 'construction' },
  machinery: { zh: '机械制造', en: 'machinery' },
  light_industry: { zh: '轻工', en: 'light industry' },
  textiles: { zh: '纺织', en: 'textiles' },
  building_materials: { zh: '建材', en: 'building materials' },
  food: { zh: '食品', en: 'food' },
  warehousing_transport: { zh: '仓储运输', en: 'warehousing and transport' },
  commerce: { zh: '商贸', en: 'commerce' },
  catering_hotel: { zh: '餐饮住宿', en: 'catering and hotels' },
  gas: { zh: '燃气', en: 'gas' },
  education_health: { zh: '教育卫生', en: 'education and health' },
  other: { zh: '其他', en: 'other' },
};

export const YES_NO = { yes: { zh: '是', en: 'yes' }, no: { zh: '否', en: 'no' } } as const;

/** The key whose Chinese or English word, or own code, a cell holds; case and spaces don't matter. */
export function keyOf<K extends string>(words: Record<K, Words>, text: string): K | null {
  const wanted = plain(text);
  for (const key of Object.keys(words) as K[]) {
    const { zh, en } = words[key];
    if ([zh, en, key].some((word) => plain(word) === wanted)) return key;
  }
  return null;
}

function plain(text: string): string {
  return text.replace(/[\s_-]/g, '').toLowerCase();
}
