/** What a tag is to whoever feeds an encoder: a restarted one must begin at a key frame. */
export interface Tag {
  /** One frame as the publication's container carries it. */
  bytes: Buffer;
  kind: 'config' | 'key' | 'inter' | 'audio';
  /** Milliseconds, as the publisher counts them. */
  timestamp: number;
  /** Length of the sound, ms, where frames differ in it. */
  duration?: number;
}
