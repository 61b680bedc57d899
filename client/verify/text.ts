import { addTexts } from '#client/i18n.ts';

export const useVerifyText = addTexts({
  zh: {
    title: '考勤记录核验',
    current: '核验通过：记录与导出时一致',
    currentHint: '此后没有新增任何记录。',
    grown: '导出时的记录仍在，此后又新增了 {count} 条',
    grownHint: '其中更正 {corrections} 条。以重新导出的文件为准。',
    unknown: '查不到这个摘要',
    unknownHint: '文件可能不是由本系统导出，或地址不完整，或记录已被改动。请向主管部门核实。',
    course: '课程',
    session: '第 {number} 期',
    startedAt: '开课时间',
    sealedAt: '摘要所含的最后一条记录',
    entries: '摘要所含记录',
    count: '{count} 条',
    lastAt: '目前最后一条记录',
    digest: '摘要',
    noPeople: '本页不显示任何个人信息。摘要为考勤记录链的 SHA-256 值的前 32 位，可与文件中的摘要对照。',
    failed: '没有查到结果',
  },
  en: {
    title: 'Check of an attendance record',
    current: 'Genuine: the record is as it was when this was exported',
    currentHint: 'Nothing has come after it.',
    grown: 'What was exported is in the record; {count} entries came after it',
    grownHint: '{corrections} of them are corrections. Export again for the record as it is now.',
    unknown: 'No such digest',
    unknownHint:
      'The file may not come from this system, its address may be incomplete, or the record was altered. Ask the authority.',
    course: 'Course',
    session: 'Session {number}',
    startedAt: 'Began',
    sealedAt: 'Last entry in the digest',
    entries: 'Entries in the digest',
    count: '{count}',
    lastAt: 'Last entry by now',
    digest: 'Digest',
    noPeople:
      'This page shows nothing of any person. The digest is the first 32 digits of the SHA-256 of the record’s chain; compare it with the one in the file.',
    failed: 'The check did not load',
  },
});
