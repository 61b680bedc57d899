import { addTexts } from '#client/i18n.ts';

export const useLineText = addTexts({
  zh: {
    title: '排队中',
    heading: '人多，正在依次进入',
    ahead: '前面约有',
    people: '人',
    next: '马上轮到您',
    soon: '大约不到 1 分钟',
    minutes: '大约还要 {minutes} 分钟',
    stay: '不用刷新，轮到后会自动进入。刷新或重新打开本页，位置也会保留。',
    counted: '排队的时间会随考勤留存，不算您迟到。',
    spoken: '排队中，前面约有 {ahead} 人，{wait}。',
    spokenNext: '马上轮到您。',
  },
  en: {
    title: 'In line',
    heading: 'Many people are coming in, one after the other',
    ahead: 'Before you, about',
    people: 'people',
    next: 'You are next',
    soon: 'In less than a minute',
    minutes: 'In about {minutes} min',
    stay: 'No need to reload: you are let in by yourself. If this page is opened again, your place is kept.',
    counted: 'The time in line is kept with your attendance; it does not make you late.',
    spoken: 'You are in line, with about {ahead} people before you. {wait}.',
    spokenNext: 'You are next.',
  },
});
