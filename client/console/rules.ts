import type { FormRule } from 'antd';
import { isMobile, normalisePhone } from '#contract/codes.ts';

/** A field for a mobile number, as people type it; an empty one passes. */
export function mobileRule(message: string): FormRule {
  return {
    validator: (_, phone?: string) =>
      !phone || isMobile(normalisePhone(phone)) ? Promise.resolve() : Promise.reject(new Error(message)),
  };
}
