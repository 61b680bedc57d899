/** A worker: its clock runs on while the page is behind another one, where the page's own timers fire once a second. */
addEventListener('message', ({ data }: MessageEvent<number>) => {
  const interval = 1_000 / data;
  let next = performance.now();
  const tick = () => {
    postMessage(null);
    next = Math.max(next + interval, performance.now());
    setTimeout(tick, next - performance.now());
  };
  tick();
});
