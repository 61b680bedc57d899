import { DatePicker, type DatePickerProps } from 'antd';
import { useCourseText } from '../courses/text.ts';

/** A moment, to the minute, in a form; it may be left out. */
export function MomentPicker(field: DatePickerProps) {
  const t = useCourseText();
  return (
    <DatePicker
      {...field}
      showTime={{ format: 'HH:mm' }}
      format={[t('pickerFormat'), 'YYYY-MM-DD HH:mm']}
      style={{ width: 260 }}
    />
  );
}
