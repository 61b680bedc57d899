import { DatePicker, type DatePickerProps } from 'antd';
import { useCourseText } from './text.ts';

/** When a session starts, in a form: day and time, typed or picked. */
export function StartPicker(field: DatePickerProps) {
  const t = useCourseText();
  return (
    <DatePicker
      {...field}
      showTime={{ format: 'HH:mm', minuteStep: 5 }}
      format={[t('pickerFormat'), 'YYYY-MM-DD HH:mm']}
      style={{ width: 260 }}
      allowClear={false}
    />
  );
}
