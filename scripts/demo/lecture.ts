import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/*
 * The demo's lecture: slides with a running clock and a soft chime, made by ffmpeg as it is published, in a loop.
 */

interface Slide {
  title: string;
  lines: string[];
}

const SLIDES: Slide[] = [
  { title: '开工第一课', lines: ['第 1 期  事故规律与预防', '区应急管理局 · 安全生产云课堂'] },
  {
    title: '节后复工为什么容易出事',
    lines: [
      '人员心思还没有回到岗位',
      '设备停了一段时间，缺少检查',
      '新员工多，没有经过培训就上岗',
      '赶工期，简化了作业程序',
    ],
  },
  {
    title: '海因里希法则',
    lines: ['每 1 起重伤或死亡事故背后', '有 29 起轻伤事故、300 起未遂事件', '和上千个被忽视的隐患'],
  },
  {
    title: '案例：有限空间盲目施救',
    lines: ['1 人下池作业中毒晕倒', '3 人没有防护下去施救，全部伤亡', '先通风，再检测，后作业；没有防护不施救'],
  },
  {
    title: '案例：动火作业引燃可燃物',
    lines: ['没有办理动火作业票', '没有清理周围可燃物', '没有专人监护'],
  },
  {
    title: '企业主要负责人的七项职责',
    lines: ['建立健全全员安全生产责任制', '组织制定规章制度和操作规程', '组织实施安全培训', '保证安全投入的有效实施'],
  },
  {
    title: '安全管理台账怎么记',
    lines: ['一企一档，一期一档，一人一档', '时间、内容、参加人员、考核结果', '如实记录，至少保存三年'],
  },
  { title: '请回答讲师的提问', lines: ['有问题可以在“提问”里写下来', '课后请完成试卷'] },
];

const SLIDE_SECONDS = 20;
const LOOP_SECONDS = SLIDE_SECONDS * SLIDES.length;

export interface LectureOptions {
  ffmpeg: string;
  /** `rtmp://host:port/live/<key>` */
  target: string;
  /** For the texts of the slides, which ffmpeg reads from files. */
  workDir: string;
}

/** Tried again this long after the connection broke. */
const RETRY_MS = 1_000;

/** Publishes the lecture until it is stopped, again and again when the connection breaks. */
export function keepPublishing(options: LectureOptions): { stop(): void } {
  let stopped = false;
  let child: ChildProcess;
  const publish = () => {
    child = publishLecture(options);
    child.stderr?.resume();
    child.on('close', () => {
      if (!stopped) setTimeout(publish, RETRY_MS);
    });
  };
  publish();
  return {
    stop() {
      stopped = true;
      child.kill('SIGKILL');
    },
  };
}

function publishLecture({ ffmpeg, target, workDir }: LectureOptions): ChildProcess {
  mkdirSync(workDir, { recursive: true });
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...['-re', '-f', 'lavfi', '-i', `color=c=0x0E151B:s=1280x720:r=25,${slideFilters(workDir)}`],
    ...['-re', '-f', 'lavfi', '-i', `aevalsrc=exprs='${chime()}':s=48000`],
    ...['-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...[
      '-b:v',
      '1200k',
      '-maxrate',
      '1500k',
      '-bufsize',
      '1500k',
      '-g',
      '50',
      '-keyint_min',
      '50',
      '-sc_threshold',
      '0',
    ],
    ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-f', 'flv', target],
  ];
  return spawn(ffmpeg, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TZ: 'Asia/Shanghai' } });
}

function slideFilters(workDir: string): string {
  const require = createRequire(import.meta.url);
  const fonts = path.dirname(require.resolve('@expo-google-fonts/noto-sans-sc/package.json'));
  const regular = path.join(fonts, '400Regular/NotoSansSC_400Regular.ttf');
  const bold = path.join(fonts, '700Bold/NotoSansSC_700Bold.ttf');

  const draw = (name: string, text: string, options: Record<string, string | number>) => {
    const file = path.join(workDir, `${name}.txt`);
    writeFileSync(file, text);
    const pairs = Object.entries({ textfile: escaped(file), expansion: 'none', ...options });
    return `drawtext=${pairs.map(([key, value]) => `${key}=${value}`).join(':')}`;
  };
  const slides = SLIDES.flatMap((slide, i) => {
    const from = i * SLIDE_SECONDS;
    const enable = `'between(mod(t,${LOOP_SECONDS}),${from},${from + SLIDE_SECONDS - 0.001})'`;
    return [
      draw(`slide-${i}-title`, slide.title, {
        fontfile: escaped(bold),
        fontsize: 64,
        fontcolor: '0xFFFFFF',
        x: 96,
        y: 120,
        enable,
      }),
      ...slide.lines.map((line, n) =>
        draw(`slide-${i}-line-${n}`, line, {
          fontfile: escaped(regular),
          fontsize: 40,
          fontcolor: '0xC9D6DF',
          x: 100,
          y: 260 + n * 84,
          enable,
        }),
      ),
    ];
  });
  const accent = 'drawbox=x=0:y=0:w=16:h=720:color=0x0B6E6E:t=fill';
  const progress = `drawbox=x=96:y=228:w=160:h=4:color=0xE8A317:t=fill`;
  const clock = `drawtext=fontfile=${escaped(regular)}:text='%{localtime\\:%T}':fontsize=34:fontcolor=0x8FA3B0:x=w-tw-48:y=h-th-36`;
  return [accent, progress, ...slides, clock].join(',');
}

/** A two-note chime at the start of each slide over a very quiet hum, so that people hear that sound works. */
function chime(): string {
  const t = `mod(t\\,${SLIDE_SECONDS})`;
  const note = (hertz: number, at: number) =>
    `0.22*sin(2*PI*${hertz}*t)*exp(-4*(${t}-${at}))*gte(${t}\\,${at})*lt(${t}\\,${at}+2)`;
  return `${note(523.25, 0)}+${note(659.25, 0.35)}+0.012*sin(2*PI*196*t)`;
}

/** For a value inside a filter description. */
function escaped(file: string): string {
  return file.replace(/[\\:,'[\]]/g, (symbol) => `\\${symbol}`);
}
