import { describe, expect, it } from 'vitest';
import { fullAllowance, overstays, spend } from '#server/live/socket-limits.ts';

const T0 = Date.parse('2027-02-01T01:00:00Z');

describe('what one socket may ask', () => {
  it('hears what a page sends that was away for long, and one beat every fifteen seconds for ever', () => {
    const allowance = fullAllowance(T0);
    for (let n = 0; n < 20; n += 1) expect(spend(allowance, T0)).toBe('heard');
    for (let n = 1; n < 1_000; n += 1) expect(spend(allowance, T0 + n * 15_000)).toBe('heard');
  });

  it('refuses a flood, and hears again who waited', () => {
    const allowance = fullAllowance(T0);
    const outcomes = Array.from({ length: 100 }, () => spend(allowance, T0));
    expect(outcomes.indexOf('refused')).toBe(40);
    expect(spend(allowance, T0 + 1_000)).toBe('heard');
  });

  it('lets go who floods on', () => {
    const allowance = fullAllowance(T0);
    const outcomes = Array.from({ length: 1_000 }, () => spend(allowance, T0));
    expect(outcomes.indexOf('let-go')).toBe(440);
  });

  it('gives nothing for a clock that was set back', () => {
    const allowance = fullAllowance(T0);
    for (let n = 0; n < 40; n += 1) spend(allowance, T0);
    expect(spend(allowance, T0 - 3_600_000)).toBe('refused');
    expect(spend(allowance, T0 - 3_600_000)).toBe('refused');
  });
});

describe('who is let go', () => {
  const viewer = { waitingMessages: 0, inRoom: true, openedAt: T0 };

  it('is nobody who watches and reads, however long', () => {
    expect(overstays(viewer, T0 + 24 * 3_600_000)).toBeNull();
  });

  it('is who takes nothing of what is sent', () => {
    expect(overstays({ ...viewer, waitingMessages: 101 }, T0)).toBe('does not read');
  });

  it('is who enters no room in two minutes', () => {
    expect(overstays({ ...viewer, inRoom: false }, T0 + 120_000)).toBeNull();
    expect(overstays({ ...viewer, inRoom: false }, T0 + 120_001)).toBe('never entered');
  });
});
