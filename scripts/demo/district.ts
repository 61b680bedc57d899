import { creditCheckSymbol } from '#contract/codes.ts';
import type { Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';

/*
 * The demo's district: invented, but with the proportions of a real one. The same every time, so that people can talk
 * about it.
 */

export const BUREAU_NAME = '临江区应急管理局';

export const AREAS = [
  { name: '城东街道', kind: 'street' },
  { name: '城西街道', kind: 'street' },
  { name: '望江街道', kind: 'street' },
  { name: '石桥街道', kind: 'street' },
  { name: '临江经济开发区', kind: 'zone' },
  { name: '滨港化工园区', kind: 'zone' },
] as const;

/** A unit of the demo with its people, as they are stored. */
export interface SeededUnit {
  id: string;
  name: string;
  people: string[];
}

interface PlannedUnit {
  kind: UnitKind;
  name: string;
  area: string;
  industry: Industry | null;
  highRisk: boolean;
  people: number;
}

const enterprise = (name: string, area: string, industry: Industry, people: number, highRisk = false): PlannedUnit => ({
  kind: 'enterprise',
  name: `临江${name}`,
  area,
  industry,
  highRisk,
  people,
});
const government = (name: string, area: string): PlannedUnit => ({
  kind: 'government',
  name,
  area,
  industry: null,
  highRisk: false,
  people: 3,
});

export const UNITS: PlannedUnit[] = [
  { ...government(BUREAU_NAME, '城东街道'), kind: 'bureau' },
  government('城东街道办事处', '城东街道'),
  government('城西街道办事处', '城西街道'),
  government('望江街道办事处', '望江街道'),
  government('石桥街道办事处', '石桥街道'),
  government('临江经济开发区管理委员会', '临江经济开发区'),
  enterprise('宏远机械制造有限公司', '临江经济开发区', 'machinery', 14),
  enterprise('华盛精密铸造有限公司', '临江经济开发区', 'metal_smelting', 12, true),
  enterprise('东港化工有限公司', '滨港化工园区', 'hazardous_chemicals', 15, true),
  enterprise('海川涂料有限公司', '滨港化工园区', 'hazardous_chemicals', 9, true),
  enterprise('润达危化品仓储有限公司', '滨港化工园区', 'hazardous_chemicals', 8, true),
  enterprise('顺安燃气有限公司', '城西街道', 'gas', 10, true),
  enterprise('吉庆烟花爆竹批发有限公司', '石桥街道', 'fireworks', 5, true),
  enterprise('石桥采石场', '石桥街道', 'non_coal_mine', 9, true),
  enterprise('中诚建设工程有限公司', '望江街道', 'construction', 16, true),
  enterprise('鼎立钢结构有限公司', '临江经济开发区', 'construction', 11, true),
  enterprise('永新纺织有限公司', '城东街道', 'textiles', 13),
  enterprise('锦绣印染有限公司', '城东街道', 'textiles', 10),
  enterprise('康乐食品有限公司', '城西街道', 'food', 12),
  enterprise('老灶台调味品有限公司', '城西街道', 'food', 7),
  enterprise('万家乐家具有限公司', '望江街道', 'light_industry', 9),
  enterprise('明亮灯饰有限公司', '望江街道', 'light_industry', 8),
  enterprise('坚石水泥制品有限公司', '石桥街道', 'building_materials', 8),
  enterprise('新华玻璃有限公司', '临江经济开发区', 'building_materials', 10),
  enterprise('快通物流有限公司', '望江街道', 'warehousing_transport', 12),
  enterprise('北站冷链仓储有限公司', '城东街道', 'warehousing_transport', 8),
  enterprise('汇金购物广场', '城东街道', 'commerce', 11),
  enterprise('惠民超市有限公司', '城西街道', 'commerce', 9),
  enterprise('望江大酒店', '望江街道', 'catering_hotel', 10),
  enterprise('湖畔餐饮管理有限公司', '城西街道', 'catering_hotel', 6),
  enterprise('第一人民医院', '城东街道', 'education_health', 9),
  enterprise('实验中学后勤服务有限公司', '石桥街道', 'education_health', 5),
  enterprise('凯跃电子有限公司', '临江经济开发区', 'machinery', 12),
  enterprise('精工模具有限公司', '临江经济开发区', 'machinery', 7),
  enterprise('绿源再生资源有限公司', '石桥街道', 'other', 6),
  enterprise('佳洁包装有限公司', '望江街道', 'light_industry', 7),
];

/** A valid 统一社会信用代码 for the n-th enterprise of an invented district. */
export function creditCode(n: number): string {
  const first17 = `91990100MA${String(n).padStart(3, '0')}AK${String((n * 7) % 100).padStart(2, '0')}`;
  return first17 + creditCheckSymbol(first17);
}

const SURNAMES = '王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹';
const GIVEN = '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉建国文博海燕志远春梅晓东立新雪峰';

/** The n-th person of the district. */
export function personName(n: number): string {
  const surname = SURNAMES.charAt((n * 7) % SURNAMES.length);
  const first = GIVEN.charAt((n * 13 + 5) % GIVEN.length);
  const second = n % 4 === 0 ? '' : GIVEN.charAt((n * 29 + 11) % GIVEN.length);
  return surname + first + second;
}

/** An invented number: 199 with a running number, which the masked lists show by its last four. */
export function phone(n: number): string {
  return `199${String(10_000_000 + n * 7_919).slice(0, 8)}`;
}

/** What the n-th person of a unit is: the head first, then who manages safety, then the others. */
export function category(kind: UnitKind, n: number, highRisk: boolean): PersonCategory {
  if (kind !== 'enterprise') return n === 0 ? 'deputy_leader' : 'official';
  if (n === 0) return 'principal';
  if (n <= 2) return 'safety_manager';
  return highRisk && n % 4 === 0 ? 'special_operator' : 'worker';
}
