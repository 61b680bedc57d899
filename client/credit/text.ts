import { addTexts } from '#client/i18n.ts';

export const useCreditText = addTexts({
  zh: {
    title: '时长怎么算',
    union: '真正播放过的才算。几台设备、直播和补课合在一起，同一时段只计一次；刷新、退出再进不会多算，也不会丢。',
    paused: '暂停、缓冲、断网而没有播放的不计。断网前已播放的，恢复网络后补记。',
    presence: '在线确认没有回应的，从上次能确认您在场的时刻起，到再次有动作为止，不计。',
    places: '在集中观看点，计签到到签退之间大屏实际播放的时间；线下课计签到到签出。与自己的设备重叠的只计一次。',
    enough: '“还差”的时长补足了，就是达标。',
    corrections: '原始记录不能改动。更正另写一条，写明经办人和原因。',
  },
  en: {
    title: 'How time is counted',
    union:
      'What was really played counts. Several devices, the class and its replay are put together, each moment once; a reload or coming back adds nothing and loses nothing.',
    paused:
      'Pauses, buffering and no network don’t count where nothing played. What played before the network went is sent when it is back.',
    presence:
      'A presence check that was missed takes away the time from the last moment you were surely there until your next sign of life.',
    places:
      'At a shared screen it is what the screen played between your sign-in and sign-out, at a venue the time between them; what overlaps with your own device counts once.',
    enough: 'A session is complete once nothing is “to go”.',
    corrections: 'Nothing of the record is changed. A correction is written beside it, with who made it and why.',
  },
});
