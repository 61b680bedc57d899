import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** In the kernel's own unit; only good for comparing. */
  startTime: string;
  /** Path of the program. */
  executable: string;
  /** Working directory; undefined where only the command line can be read (macOS). */
  cwd: string | undefined;
  commandLine: string;
}

/** The process that has this pid now, or undefined when none runs (a zombie doesn't) or it can't be looked into. */
export function identify(pid: number): ProcessIdentity | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** Is there an entry for this pid, be it a zombie's? Containers without an init process never clear those away. */
export function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Does the process seen earlier still run? */
export function isRunning(seen: ProcessIdentity): boolean {
  return identify(seen.pid)?.startTime === seen.startTime;
}

/** Signals the process seen earlier, never a later one that got its pid. */
export function signal(seen: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(seen)) return;
  try {
    process.kill(seen.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until the process is gone. Returns false when it still runs after `timeoutMs`. */
export async function untilGone(seen: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (isRunning(seen)) {
    if (Date.now() > end) return false;
    await delay(20);
  }
  return true;
}

function fromProc(pid: number): ProcessIdentity | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold spaces and brackets; the fields after it are plain: state is the
    // first of them, starttime (field 22 of proc_pid_stat(5)) the twentieth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return {
      pid,
      startTime: fields[19] ?? '',
      // A program that was replaced on disk (npm ci) reads "… (deleted)".
      executable: fs.readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''),
      cwd: fs.readlinkSync(`/proc/${pid}/cwd`),
      commandLine: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim(),
    };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): ProcessIdentity | undefined {
  try {
    const columns = (name: string) =>
      execFileSync('ps', ['-ww', '-o', `${name}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
    if (columns('stat').startsWith('Z')) return undefined;
    return {
      pid,
      startTime: columns('lstart'),
      executable: columns('comm'),
      cwd: undefined,
      commandLine: columns('args'),
    };
  } catch {
    return undefined;
  }
}
