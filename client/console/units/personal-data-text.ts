import { addTexts } from '#client/i18n.ts';

export const usePersonalDataText = addTexts({
  zh: {
    title: '{name} 的个人信息',
    copyHint:
      '本人要求查阅、复制时，导出系统中与其有关的全部信息（JSON 文件，含完整手机号）。导出会留下记录，请交给本人。',
    copy: '导出个人信息',
    erase: '删除个人信息',
    goes: '立即删除：手机号、个人链接、职务、登录设备信息、课堂提问、网络检测报告；移出花名册并退出登录。',
    general: '依法保留：{count} 期培训记录，安全生产法要求如实记录参加人员，保存不少于 3 年；{until} 清除。',
    special: '依法保留：{count} 期特种作业人员培训记录，保存不少于 6 年；{until} 清除。',
    open: '还有 {count} 期没有下课，记录自下课起计算保存期限。',
    nameStays: '姓名随培训记录保留，记录到期后一并删除，期间不作他用。',
    nameGoes: '没有须保留的记录，姓名一并删除。',
    account: '这个人有登录账号，请先在“账号”中解除关联。',
    reason: '依据',
    reasonHint: '4 至 200 字，如：本人书面申请',
    eraseNow: '确认删除',
    done: '个人信息已删除',
  },
  en: {
    title: 'Personal data of {name}',
    copyHint:
      'When they ask for it: everything the system has of them as a JSON file, with the whole phone number. The export goes on record; hand it to them alone.',
    copy: 'Export their data',
    erase: 'Delete their data',
    goes: 'Goes at once: phone number, personal link, position, devices of logins, questions asked, network reports; they leave the roster and are signed out.',
    general:
      'Stays by law: training records of {count} sessions, in which the Work Safety Law asks for who took part, for 3 years at least; removed on {until}.',
    special:
      'Stays by law: training records of {count} sessions as a special operator, for 6 years at least; removed on {until}.',
    open: '{count} sessions are not over yet; their records’ time begins with their end.',
    nameStays: 'The name stays with the record, goes with it, and is used for nothing else meanwhile.',
    nameGoes: 'No record has to stay: the name goes as well.',
    account: 'This person has an account: take it off them in “Accounts” first.',
    reason: 'On what grounds',
    reasonHint: '4 to 200 characters, e.g. asked for in writing',
    eraseNow: 'Delete',
    done: 'Deleted',
  },
});
