import type { Language } from '#contract/errors.ts';

const SHANGHAI_MS = 8 * 3_600_000;
const WEEKDAYS = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** An instant: RFC 3339 or epoch ms. */
export type When = string | number;

/** `2月8日 周二 09:00`, with the year when it is not the year of `now`. In Asia/Shanghai, as all times on pages. */
export function formatDateTime(when: When, language: Language, now: When = Date.now()): string {
  return `${formatDay(when, language, now)} ${formatTime(when)}`;
}

/** `2月8日 周二`. */
export function formatDay(when: When, language: Language, now: When = Date.now()): string {
  const date = inShanghai(when);
  const weekday = WEEKDAYS[language][date.getUTCDay()];
  const year = date.getUTCFullYear();
  const otherYear = year !== inShanghai(now).getUTCFullYear();
  if (language === 'en') {
    return `${weekday} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${otherYear ? ` ${year}` : ''}`;
  }
  return `${otherYear ? `${year}年` : ''}${date.getUTCMonth() + 1}月${date.getUTCDate()}日 ${weekday}`;
}

/** `09:00`. */
export function formatTime(when: When): string {
  const date = inShanghai(when);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** Whether two instants are on the same day in Asia/Shanghai. */
export function sameDay(a: When, b: When): boolean {
  return inShanghai(a).toISOString().slice(0, 10) === inShanghai(b).toISOString().slice(0, 10);
}

/** `1 小时 32 分`, `32 分`, `0 分`: whole minutes, rounded down, so that nobody is told more than is credited. */
export function formatLength(ms: number, language: Language): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const [h, m] = language === 'zh' ? ['小时', '分'] : ['h', 'min'];
  if (hours === 0) return `${rest} ${m}`;
  return rest === 0 ? `${hours} ${h}` : `${hours} ${h} ${rest} ${m}`;
}

/** `32:10`, `1:32:10`. */
export function formatClock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `850 kB`, `1.2 GB`: three figures are as many as anybody reads. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** China has had no summer time since 1991, so that a fixed shift is exact, and needs no time zone data of the browser. */
function inShanghai(when: When): Date {
  return new Date((typeof when === 'number' ? when : Date.parse(when)) + SHANGHAI_MS);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
