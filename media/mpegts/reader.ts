import { PesReader, type PesUnit } from './pes.ts';
import { SectionReader } from './sections.ts';

/** Codecs of the streams that are taken, or stand for it when none can be; null where there is no such stream. */
export interface Program {
  video: string | null;
  audio: string | null;
}

export type TsItem =
  | { kind: 'program'; program: Program }
  | ({ kind: 'video' | 'audio' } & PesUnit)
  /** Something of the sound is missing here. */
  | { kind: 'lost' };

const PACKET = 188;
const SYNC = 0x47;
const PAT_PID = 0;
const PAT_TABLE = 0;
const PMT_TABLE = 2;

/** By stream type (ISO/IEC 13818-1, table 2-34, and what encoders add to it). */
const VIDEO: { [type: number]: string } = {
  1: 'mpeg1video',
  2: 'mpeg2video',
  16: 'mpeg4',
  27: 'h264',
  36: 'hevc',
  51: 'vvc',
  66: 'avs',
  210: 'avs2',
  212: 'avs3',
};
const AUDIO: { [type: number]: string } = {
  3: 'mp2',
  4: 'mp2',
  15: 'aac',
  17: 'aac_latm',
  129: 'ac3',
  135: 'eac3',
};
/** Streams that are private by their type and say with a descriptor what they are (EN 300 468, and registered formats). */
const PRIVATE = 6;
const AC3_DESCRIPTOR = 0x6a;
const EAC3_DESCRIPTOR = 0x7a;
const REGISTRATION = 5;
const REGISTERED: { [format: string]: string } = { 'AC-3': 'ac3', EAC3: 'eac3', Opus: 'opus' };

interface Elementary {
  pid: number;
  kind: 'video' | 'audio';
  pes: PesReader;
}

/**
 * Takes an MPEG transport stream (ISO/IEC 13818-1) apart as its bytes come, in pieces of any size: the first program's
 * first picture that we can use and its first sound. Whatever is damaged is left out.
 */
export class TsReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #pat = new SectionReader();
  #pmt: { pid: number; program: number; reader: SectionReader } | null = null;
  #streams: Elementary[] = [];
  #known = '';
  /** Continuity counter by PID. */
  #counters = new Map<number, number>();

  /** @returns what these bytes complete */
  push(bytes: Buffer): TsItem[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const items: TsItem[] = [];
    let at = 0;
    while (all.length - at >= PACKET) {
      if (all[at] !== SYNC || (all.length - at > PACKET && all[at + PACKET] !== SYNC)) {
        at += 1;
        continue;
      }
      items.push(...this.#take(all.subarray(at, at + PACKET)));
      at += PACKET;
    }
    this.#rest = Buffer.from(all.subarray(at));
    return items;
  }

  #take(packet: Buffer): TsItem[] {
    const flags = packet.readUInt16BE(1);
    const pid = flags & 0x1fff;
    const control = packet[3] ?? 0;
    const stream = this.#streams.find((each) => each.pid === pid);
    const sections = pid === PAT_PID ? this.#pat : pid === this.#pmt?.pid ? this.#pmt.reader : null;
    const isDamaged = (flags & 0x8000) !== 0 || (control & 0xc0) !== 0;
    if ((!stream && !sections) || isDamaged || (control & 0x10) === 0) return [];
    const adaptation = control & 0x20 ? 1 + (packet[4] ?? 0) : 0;
    const adapted = adaptation > 1 ? (packet[5] ?? 0) : 0;
    const order = this.#order(pid, control & 0x0f, (adapted & 0x80) !== 0);
    if (order === 'repeated' || 4 + adaptation >= PACKET) return [];
    const part = stream?.pes ?? sections;
    if (order === 'broken') part?.reset();
    const payload = packet.subarray(4 + adaptation);
    const starts = (flags & 0x4000) !== 0;
    if (stream) {
      const lost: TsItem[] = order === 'broken' && stream.kind === 'audio' ? [{ kind: 'lost' }] : [];
      const units = stream.pes.push(payload, starts, (adapted & 0x40) !== 0);
      return [...lost, ...units.map((unit) => ({ kind: stream.kind, ...unit }))];
    }
    return (sections?.push(payload, starts) ?? []).flatMap((section) => this.#takeSection(section, pid));
  }

  #order(pid: number, counter: number, isMeant: boolean): 'next' | 'repeated' | 'broken' {
    const before = this.#counters.get(pid);
    this.#counters.set(pid, counter);
    if (before === undefined || isMeant || counter === ((before + 1) & 0x0f)) return 'next';
    return counter === before ? 'repeated' : 'broken';
  }

  #takeSection(section: Buffer, pid: number): TsItem[] {
    // One that is not valid yet will be said again when it is.
    if (section.length < 8 || ((section[5] ?? 0) & 1) === 0) return [];
    if (pid === PAT_PID) {
      if (section[0] === PAT_TABLE) this.#takePrograms(section);
      return [];
    }
    // Several programs may have their tables on one PID.
    return section[0] === PMT_TABLE && section.readUInt16BE(3) === this.#pmt?.program ? this.#takeStreams(section) : [];
  }

  #takePrograms(section: Buffer): void {
    for (let at = 8; at + 4 <= section.length; at += 4) {
      const pid = section.readUInt16BE(at + 2) & 0x1fff;
      // Number 0 is where the network's own table is.
      const program = section.readUInt16BE(at);
      if (program === 0) continue;
      if (this.#pmt?.pid !== pid || this.#pmt.program !== program)
        this.#pmt = { pid, program, reader: new SectionReader() };
      return;
    }
  }

  #takeStreams(section: Buffer): TsItem[] {
    if (section.length < 12) return [];
    const found: { pid: number; video: string | undefined; audio: string | undefined }[] = [];
    let at = 12 + (section.readUInt16BE(10) & 0x0fff);
    while (at + 5 <= section.length) {
      const type = section[at] ?? 0;
      const end = at + 5 + (section.readUInt16BE(at + 3) & 0x0fff);
      const audio = type === PRIVATE ? privateSound(section.subarray(at + 5, end)) : AUDIO[type];
      found.push({ pid: section.readUInt16BE(at + 1) & 0x1fff, video: VIDEO[type], audio });
      at = end;
    }
    const videos = found.filter(({ video }) => video);
    const audios = found.filter(({ audio }) => audio);
    const video = videos.find(({ video }) => video === 'h264') ?? videos[0];
    const audio = audios.find(({ audio }) => audio === 'aac') ?? audios[0];
    const chosen = JSON.stringify([video, audio]);
    // It is repeated several times a second.
    if (chosen === this.#known) return [];
    this.#known = chosen;
    this.#streams = [];
    if (video) this.#streams.push({ pid: video.pid, kind: 'video', pes: new PesReader() });
    if (audio) this.#streams.push({ pid: audio.pid, kind: 'audio', pes: new PesReader() });
    const program = { video: video?.video ?? null, audio: audio?.audio ?? null };
    return [{ kind: 'program', program }];
  }
}

/** Undefined for what is no sound, as subtitles and data are. */
function privateSound(descriptors: Buffer): string | undefined {
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + (descriptors[at + 1] ?? 0)) {
    const tag = descriptors[at];
    if (tag === AC3_DESCRIPTOR) return 'ac3';
    if (tag === EAC3_DESCRIPTOR) return 'eac3';
    if (tag === REGISTRATION) return REGISTERED[descriptors.toString('latin1', at + 2, at + 6)];
  }
  return undefined;
}
