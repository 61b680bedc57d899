import { useEffect, useState } from 'react';

/** An address as a QR code, sharp at any size. */
export function QrImage({ text, label, className }: { text: string; label: string; className: string }) {
  const [source, setSource] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    void import('qrcode')
      .then(({ toDataURL }) => toDataURL(text, { margin: 2, scale: 12, errorCorrectionLevel: 'M' }))
      .then((url) => {
        if (!gone) setSource(url);
      });
    return () => {
      gone = true;
    };
  }, [text]);
  return source ? <img className={className} src={source} alt={label} /> : <div className={className} />;
}
