import { useSyncExternalStore } from 'react';
import { type DetailedError, type HttpRequest, Upload } from 'tus-js-client';
import { ApiError, call } from '#client/api.ts';
import { failureOf, failureOfCall, type UploadFailure } from './failure.ts';
import { Speed } from './speed.ts';

/** An upload of this page. It goes on while other pages of the console are open. */
export interface UploadState {
  videoId: string;
  name: string;
  bytes: number;
  sent: number;
  /** Bytes a second; null until it is known. */
  rate: number | null;
  status: 'sending' | 'paused' | 'failed';
  failure: UploadFailure | null;
}

/** What the list knows of an upload that was begun. */
interface Begun {
  id: string;
  name: string;
  bytes: number;
  fileModifiedAt: number;
  state: string;
}

/** A piece passes any proxy, and a slow line within the server's patience. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** A token is good for an hour. */
const TOKEN_AGE_MS = 40 * 60_000;
/** Between tries without a byte in between; about ten minutes in all. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 5_000, 10_000, 15_000, ...Array.from({ length: 20 }, () => 30_000)];
const NEWS_EVERY_MS = 400;

interface Running {
  state: UploadState;
  upload: Upload;
  speed: Speed;
  onDone: () => void;
}

const running = new Map<string, Running>();
const listeners = new Set<() => void>();
let states: readonly UploadState[] = [];
let newsAt = 0;

/** The uploads of this page, re-rendering as they go on. */
export function useUploads(): readonly UploadState[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => states,
  );
}

/**
 * Uploads a file; one that was begun with the same file goes on where it was. @returns the video's id
 * @throws ApiError when the server does not take it
 */
export async function startUpload(file: File, known: readonly Begun[], onDone: () => void): Promise<string> {
  const about = { name: file.name, bytes: file.size, fileModifiedAt: file.lastModified };
  const begun = known.find(({ name, bytes, fileModifiedAt, state }) => {
    const same = name === about.name && bytes === about.bytes && fileModifiedAt === about.fileModifiedAt;
    return same && state === 'uploading';
  });
  const videoId = begun?.id ?? (await call('POST /videos', { body: about })).id;
  const before = running.get(videoId);
  if (before) {
    resumeUpload(videoId);
    return videoId;
  }
  send(videoId, file, onDone);
  return videoId;
}

export function pauseUpload(videoId: string): void {
  const entry = running.get(videoId);
  if (!entry) return;
  void entry.upload.abort();
  change(entry, { status: 'paused', rate: null });
}

export function resumeUpload(videoId: string): void {
  const entry = running.get(videoId);
  if (!entry || entry.state.status === 'sending') return;
  entry.speed = new Speed();
  change(entry, { status: 'sending', failure: null });
  entry.upload.start();
}

/** Stops sending; the video itself is deleted by whoever asks for that. */
export function dropUpload(videoId: string): void {
  const entry = running.get(videoId);
  if (!entry) return;
  void entry.upload.abort();
  running.delete(videoId);
  publish();
}

function send(videoId: string, file: File, onDone: () => void): void {
  let token: { text: string; at: number } | null = null;
  const authorise = async (request: HttpRequest) => {
    if (!token || Date.now() - token.at > TOKEN_AGE_MS) {
      const { uploadToken } = await call('POST /videos/:videoId/upload-token', { params: { videoId } });
      token = { text: uploadToken, at: Date.now() };
    }
    request.setHeader('Authorization', `Bearer ${token.text}`);
  };
  const upload = new Upload(file, {
    uploadUrl: new URL(`/uploads/${videoId}`, location.href).href,
    chunkSize: PIECE_BYTES,
    retryDelays: RETRY_MS,
    storeFingerprintForResuming: false,
    onBeforeRequest: authorise,
    onShouldRetry: (error) => reasonOf(error) === 'network',
    onProgress: (sent) => {
      entry.speed.note(performance.now(), sent);
      change(entry, { sent, rate: entry.speed.rate }, NEWS_EVERY_MS);
    },
    onSuccess: () => {
      running.delete(videoId);
      publish();
      onDone();
    },
    onError: (error) => {
      change(entry, { status: 'failed', rate: null, failure: reasonOf(error as DetailedError) });
    },
  });
  const entry: Running = {
    state: { videoId, name: file.name, bytes: file.size, sent: 0, rate: null, status: 'sending', failure: null },
    upload,
    speed: new Speed(),
    onDone,
  };
  running.set(videoId, entry);
  publish();
  upload.start();
}

/** A request that was not sent, for want of leave, has no answer of its own. */
function reasonOf({ originalResponse, causingError }: DetailedError): UploadFailure {
  if (causingError instanceof ApiError) return failureOfCall(causingError);
  return failureOf(originalResponse?.getStatus() ?? 0);
}

function change(entry: Running, changes: Partial<UploadState>, atMostEveryMs = 0): void {
  entry.state = { ...entry.state, ...changes };
  if (performance.now() - newsAt >= atMostEveryMs) publish();
}

function publish(): void {
  newsAt = performance.now();
  states = [...running.values()].map(({ state }) => state);
  window.onbeforeunload = states.some(({ status }) => status === 'sending') ? (event) => event.preventDefault() : null;
  for (const listener of listeners) listener();
}
