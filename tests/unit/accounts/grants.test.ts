import { expect, it } from 'vitest';
import type { Grant } from '#contract/accounts.ts';
import { checkGrants } from '#server/accounts/grants.ts';
import { newId } from '#server/ids.ts';

const none = { areaId: null, industry: null, unitId: null };
const areaId = newId();
const unitId = newId();

it.each<[string, Grant]>([
  ['bureau with nothing', { ...none, role: 'bureau' }],
  ['instructor with nothing', { ...none, role: 'instructor' }],
  ['supervisor of an area', { ...none, role: 'supervisor', areaId }],
  ['supervisor of an industry', { ...none, role: 'supervisor', industry: 'construction' }],
  ['enterprise administrator of a unit', { ...none, role: 'enterprise', unitId }],
])('takes %s', (_, grant) => {
  expect(() => checkGrants([grant])).not.toThrow();
});

it.each<[string, Grant]>([
  ['bureau of a unit', { ...none, role: 'bureau', unitId }],
  ['supervisor of nothing', { ...none, role: 'supervisor' }],
  ['supervisor of both area and industry', { ...none, role: 'supervisor', areaId, industry: 'construction' }],
  ['supervisor of an unknown industry', { ...none, role: 'supervisor', industry: 'piracy' }],
  ['supervisor of a unit', { ...none, role: 'supervisor', unitId }],
  ['enterprise administrator of an area', { ...none, role: 'enterprise', areaId }],
  ['enterprise administrator of nothing', { ...none, role: 'enterprise' }],
  ['learner, who comes from the roster', { ...none, role: 'learner' }],
])('refuses %s', (_, grant) => {
  expect(() => checkGrants([{ ...none, role: 'bureau' }, grant])).toThrow(
    expect.objectContaining({ code: 'bad-request', params: { fields: 'grants.1' } }),
  );
});
