/** The cloud classroom 开工第一课: six weekly sessions. Texts are a start; officers change them. */
export const CLOUD_CLASSROOM: readonly { topic: string; outline: string }[] = [
  {
    topic: '事故规律与预防',
    outline: '典型事故案例剖析\n事故是怎样发生的：人、物、环境、管理\n复工复产前必须做的检查',
  },
  {
    topic: '各类企业风险辨识与管控',
    outline: '危险化学品、金属冶炼、建筑施工、仓储物流等行业的主要风险\n风险分级管控\n作业前的安全确认',
  },
  {
    topic: '安全管理台账',
    outline: '台账有哪些，各记什么\n记录怎样做到真实、可查\n检查中常见的问题',
  },
  {
    topic: '隐患排查治理与整改闭环',
    outline: '排查清单怎样编\n重大隐患判定标准\n整改责任、措施、资金、时限、预案',
  },
  {
    topic: '主要负责人与安全管理人员的法定责任',
    outline: '《安全生产法》的要求\n全员安全生产责任制\n违法的后果：以案说法',
  },
  {
    topic: '应急预案、演练与自救互救',
    outline: '现场处置方案\n怎样组织一次有用的演练\n火灾、中毒窒息、触电时的自救互救',
  },
];

export const SESSION_MINUTES = 60;
export const WEEK_MS = 7 * 86_400_000;
