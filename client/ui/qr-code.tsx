import { useEffect, useState } from 'react';

/** An address as a QR code, with its quiet zone: black on white in dark pages, too, since not every phone reads it the other way round. */
export function QrCode({ text, label, className }: { text: string; label: string; className: string }) {
  const [drawn, setDrawn] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let stopped = false;
    void import('qrcode').then(({ create }) => {
      if (!stopped) setDrawn(draw(create(text, { errorCorrectionLevel: 'M' }).modules));
    });
    return () => {
      stopped = true;
    };
  }, [text]);
  const side = (drawn?.size ?? 25) + 2 * QUIET;
  return (
    <svg
      className={className}
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      {drawn && <path d={drawn.path} fill="#000" />}
    </svg>
  );
}

/** Empty modules around it, as the standard asks. */
const QUIET = 4;

function draw({ size, data }: { size: number; data: ArrayLike<number> }): { size: number; path: string } {
  let path = '';
  for (let n = 0; n < size * size; n += 1) {
    if (data[n]) path += `M${(n % size) + QUIET} ${Math.floor(n / size) + QUIET}h1v1h-1z`;
  }
  return { size, path };
}
