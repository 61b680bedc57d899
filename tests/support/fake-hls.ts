import type Hls from 'hls.js';

type Callbacks = { onSuccess(response: { data: string }): void };

/** Answers every request with `FakeHls.playlist`. */
class FakeLoader {
  load(_context: object, _config: object, callbacks: Callbacks): void {
    callbacks.onSuccess({ data: FakeHls.playlist });
  }
}

/** Stands in for hls.js where there is no browser; what it would report is said by the test. */
export class FakeHls {
  static made: FakeHls[] = [];
  static DefaultConfig = { loader: FakeLoader };
  static playlist = '';
  static Events: typeof Hls.Events;
  static ErrorTypes: typeof Hls.ErrorTypes;
  levels: { height?: number; details?: unknown }[] = [];
  loadLevel = 0;
  latestLevelDetails: unknown = null;
  playingDate: Date | null = null;
  autoLevelEnabled = true;
  /** What it was asked to do. */
  asked: string[] = [];
  readonly config: { pLoader?: new () => FakeLoader };
  readonly #listeners = new Map<string, ((event: string, data: unknown) => void)[]>();

  constructor(config: { pLoader?: new () => FakeLoader }) {
    this.config = config;
    FakeHls.made.push(this);
  }

  static get newest(): FakeHls {
    const newest = FakeHls.made.at(-1);
    if (!newest) throw new Error('none was made');
    return newest;
  }

  on(name: string, listener: (event: string, data: unknown) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  once = this.on;

  report(name: string, data: unknown = {}): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(name, data);
  }

  loadSource = (address: string) => this.asked.push(`load ${address}`);
  startLoad = () => this.asked.push('start');
  recoverMediaError = () => this.asked.push('recover');
  attachMedia(): void {}
  stopLoad(): void {}
  destroy(): void {}
}
