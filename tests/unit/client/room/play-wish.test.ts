import { beforeEach, expect, it } from 'vitest';
import { PlayWish } from '#client/room/play-wish.ts';

class FakeVideo extends EventTarget {
  autoplay = true;
  ended = false;
  readyState = 4;
}

let video: FakeVideo;
let wish: PlayWish;
beforeEach(() => {
  video = new FakeVideo();
  wish = new PlayWish();
  wish.follow(video as unknown as HTMLVideoElement);
});
const newSource = () => wish.onSource(video as unknown as HTMLVideoElement);

it('a class plays by itself', () => {
  expect(newSource()).toBe(true);
  expect(video.autoplay).toBe(true);
});

it('what was paused by the button stays so at a new source, until it is played again', () => {
  wish.set(video as unknown as HTMLVideoElement, false);
  expect(video.autoplay).toBe(false);
  expect(newSource()).toBe(false);
  wish.set(video as unknown as HTMLVideoElement, true);
  expect(newSource()).toBe(true);
  expect(video.autoplay).toBe(true);
});

it('what the system paused stays so, and what it plays goes on', () => {
  video.dispatchEvent(new Event('pause'));
  expect(newSource()).toBe(false);
  expect(video.autoplay).toBe(false);
  video.dispatchEvent(new Event('play'));
  expect(newSource()).toBe(true);
});

it('a source that ends or is taken away is no wish', () => {
  video.ended = true;
  video.dispatchEvent(new Event('pause'));
  video.ended = false;
  video.readyState = 0;
  video.dispatchEvent(new Event('pause'));
  expect(newSource()).toBe(true);
});
