import { addTexts } from '#client/i18n.ts';

export const useVerifyText = addTexts({
  zh: {
    title: '考勤记录核验',
    current: '摘要相符：导出之后没有新增记录',
    currentHint: '文件中的摘要就是目前记录链的摘要。',
    grown: '摘要属于本期的记录链，导出之后又新增了 {count} 条',
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
    noPeople:
      '本页只核对摘要，不显示任何个人信息；每一条记录是否被改动，由主管部门用核验命令逐条检查。摘要为考勤记录链的 SHA-256 值的前 32 位，可与文件中的摘要对照。',
    failed: '没有查到结果',
  },
  en: {
    title: 'Check of an attendance record',
    current: 'The digest fits: nothing has come after the export',
    currentHint: 'The digest in the file is that of the record’s chain by now.',
    grown: 'The digest is one of this record’s chain; {count} entries came after the export',
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
      'This page compares digests alone and shows nothing of any person; whether an entry was altered is checked by the authority, entry by entry. The digest is the first 32 digits of the SHA-256 of the record’s chain; compare it with the one in the file.',
    failed: 'The check did not load',
  },
});
