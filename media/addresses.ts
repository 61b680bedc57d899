import { MediaError } from './errors.ts';
import type { Reload } from './stream.ts';

/** What a viewer asks for: `/media/[t/<token>/]<prefix>/[<rendition>/]<file>`. */
export interface ViewerAddress {
  /** Of players without cookies. */
  token: string | undefined;
  prefix: string;
  rendition: string | undefined;
  file: string;
}

const VIEWER =
  /^\/media\/(?:t\/([\w.-]{1,1500})\/)?([\w-]{16,64})\/(?:(\w{1,16})\/)?([\w-]{1,40}(?:\.[\w-]{1,16}){1,3})$/;

export function viewerAddress(path: string): ViewerAddress | null {
  const match = VIEWER.exec(path);
  if (!match) return null;
  const [, token, prefix = '', rendition, file = ''] = match;
  return { token, prefix, rendition, file };
}

/** Delivery directives of a playlist (rfc8216bis 6.2.5); whatever else a query says is no business of ours. */
export interface Directives {
  reload: Reload | null;
  skip: boolean;
}

/** @throws MediaError `bad-request` for a part without its segment or what is no number. */
export function directivesOf(search: string): Directives {
  if (search === '') return { reload: null, skip: false };
  const query = new URLSearchParams(search);
  const msn = query.get('_HLS_msn');
  const part = query.get('_HLS_part');
  const skip = query.get('_HLS_skip') !== null;
  if (msn === null && part === null) return { reload: null, skip };
  if (msn === null || !/^\d{1,9}$/.test(msn) || (part !== null && !/^\d{1,4}$/.test(part)))
    throw new MediaError('bad-request');
  return { reload: { msn: Number(msn), part: part === null ? undefined : Number(part) }, skip };
}

/** The one way to write the directives, so that no two addresses mean the same. */
export function searchOf({ reload, skip }: Directives): string {
  const pairs = [
    ...(reload ? [`_HLS_msn=${reload.msn}`] : []),
    ...(reload?.part !== undefined ? [`_HLS_part=${reload.part}`] : []),
    ...(skip ? ['_HLS_skip=YES'] : []),
  ];
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}
