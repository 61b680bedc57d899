import type { QuestionInput } from '#contract/quiz.ts';

/** Questions of the demo's bank: what the lecture is about. */
export const QUESTIONS: Omit<QuestionInput, 'sessionId'>[] = [
  {
    kind: 'single',
    stem: '有人在污水池中晕倒，作业人员首先应当怎么做？',
    options: ['立即下池救人', '呼救报警，先通风检测，佩戴防护后再施救', '用水冲洗池子', '等晕倒的人自己醒来'],
    answer: [1],
    explanation: '盲目施救是有限空间事故伤亡扩大的主要原因。',
  },
  {
    kind: 'multiple',
    stem: '动火作业前应当做好哪些准备？',
    options: ['办理动火作业票', '清理周围可燃物', '安排专人监护', '关闭通风设备'],
    answer: [0, 1, 2],
    explanation: '动火作业要审批、清理、监护，并保持通风和准备灭火器材。',
  },
  {
    kind: 'true_false',
    stem: '安全培训档案应当如实记录培训的时间、内容、参加人员和考核结果。',
    options: ['正确', '错误'],
    answer: [0],
    explanation: '见《安全生产法》第二十八条。',
  },
  {
    kind: 'single',
    stem: '生产经营单位安全生产的第一责任人是谁？',
    options: ['安全管理人员', '主要负责人', '班组长', '每一位员工'],
    answer: [1],
    explanation: '见《安全生产法》第五条。',
  },
  {
    kind: 'true_false',
    stem: '新员工可以先上岗，再补安全培训。',
    options: ['正确', '错误'],
    answer: [1],
    explanation: '未经安全生产教育和培训合格的从业人员，不得上岗作业。',
  },
];
