const RECOVERY_POINT = 6;
const MORE = 0xff;

/** Whether supplemental information says that a decoder may begin here, without an IDR picture (ITU-T H.264, 7.3.2.3.1, D.1.8). */
export function hasRecoveryPoint(nal: Buffer): boolean {
  let at = 1;
  const number = () => {
    let sum = 0;
    while (nal[at] === MORE) {
      sum += MORE;
      at += 1;
    }
    sum += nal[at] ?? 0;
    at += 1;
    return sum;
  };
  // The last byte is the trailing bit.
  while (at < nal.length - 1) {
    const type = number();
    const size = number();
    if (type === RECOVERY_POINT) return true;
    at += size;
  }
  return false;
}
