import { addTexts } from '#client/i18n.ts';

export const useMyDataText = addTexts({
  zh: {
    title: '我的个人信息',
    back: '我的课程',
    lead: '这里说明系统存有您的哪些信息、存多久，以及怎样查阅、更正和删除。',
    kept: '系统存有什么',
    kept1: '姓名、手机号、单位、人员类别和职务，由本单位登记或您本人填写。手机号加密存储，各处只显示为 138****1234。',
    kept2: '培训记录：哪一期、何时、由哪台设备、计了多少时长，签到、在线确认、答题，以及更正和证明。',
    kept3: '登录记录、课堂提问和网络检测报告。不采集人脸，不读取通讯录和位置。',
    copy: '查阅、复制',
    copyHint:
      '下载一份系统中与您有关的全部信息（JSON 文件，可用记事本打开）。内有完整手机号，请自己保管，不要转发。下载会留下记录。',
    download: '下载我的全部信息',
    started: '已开始下载，这次下载已留下记录。',
    failed: '没有下载',
    weChat: '微信里下载不了时，点右上角“…”，选“在浏览器打开”。',
    correct: '更正',
    correctHint:
      '姓名、手机号、单位或类别不对，请本单位安全管理人员修改花名册。时长不对，请主管部门核对；记录不能涂改，更正会写明由谁、因何更正，课后页面和“我的学时”里能看到结果。',
    erase: '删除',
    eraseHint: '向主管部门提出，说明姓名和单位。手机号、个人链接、登录设备信息、课堂提问和网络检测报告立即删除。',
    eraseKept:
      '培训记录连同姓名须依法保存：安全生产法要求如实记录参加人员，不少于 3 年，特种作业人员不少于 6 年。到期自动清除，期间不作他用。',
    periods: '登录和设备记录保存不少于 184 天，网络检测报告 30 天，到期自动清除。',
  },
  en: {
    title: 'My personal data',
    back: 'My classes',
    lead: 'What is kept of you, for how long, and how to see it, have it corrected or deleted.',
    kept: 'What is kept',
    kept1:
      'Name, mobile number, unit, category and position, as your unit or you yourself gave them. The number is encrypted, and shown as 138****1234 everywhere.',
    kept2:
      'Your training record: which session, when, on which device and how much was credited; sign-ins, presence checks, answers, corrections and proofs.',
    kept3: 'Logins, questions you asked in class, and network reports. No faces, no contacts, no location.',
    copy: 'See it and have a copy',
    copyHint:
      'Download everything that is stored of you as a JSON file, which any text editor opens. It has your whole number: keep it to yourself. The download goes on record.',
    download: 'Download all my data',
    started: 'The download has begun, and is on record.',
    failed: 'Not downloaded',
    weChat: 'If WeChat does not download it, open this page in a browser by the menu “…”.',
    correct: 'Have it corrected',
    correctHint:
      'Name, number, unit or category are wrong: your unit’s safety manager corrects the roster. Time is wrong: ask the bureau. A record is never overwritten; a correction says who made it and why, and you see it after the class and in “My class hours”.',
    erase: 'Have it deleted',
    eraseHint:
      'Ask the bureau, with your name and unit. Number, personal link, devices of logins, questions and network reports go at once.',
    eraseKept:
      'Training records stay, with the name: the Work Safety Law asks for who took part, for 3 years at least, of special operators for 6. They are then removed by rule, and used for nothing else meanwhile.',
    periods: 'Logins and devices are kept for 184 days at least, network reports for 30, and are then removed.',
  },
});
