import dayjs, { type Dayjs } from 'dayjs';
import 'dayjs/locale/zh-cn';

/*
 * The date picker works in the browser's zone; sessions are planned in Asia/Shanghai. These two shift between an instant
 * and a picker value that reads as Shanghai's clock, wherever the officer's computer thinks it is.
 */
const SHANGHAI_MINUTES = 8 * 60;

export function pickerValue(instant: string): Dayjs {
  const at = dayjs(instant);
  return at.add(SHANGHAI_MINUTES + at.toDate().getTimezoneOffset(), 'minute');
}

export function instantOf(picked: Dayjs): string {
  return picked
    .subtract(SHANGHAI_MINUTES + picked.toDate().getTimezoneOffset(), 'minute')
    .toDate()
    .toISOString();
}

/** Epoch ms of a time of the clock, `09:05`, on the day of an instant; both in Shanghai. */
export function onTheDay(instant: string, time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const shift = SHANGHAI_MINUTES * 60_000;
  const midnight = Math.floor((Date.parse(instant) + shift) / 86_400_000) * 86_400_000 - shift;
  return midnight + (hours * 60 + minutes) * 60_000;
}
