import express from 'express';
import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { type Handlers, type Locators, mount } from '#server/http.ts';

const locators = {} as Locators;
const listed: Endpoint = { summary: 'Areas', action: 'area:list', target: 'none' };
const handler = async () => undefined;

function mounting(endpoint: Endpoint, handlers: Record<string, unknown>, key = 'GET /areas') {
  return () => mount(express.Router(), { [key]: endpoint }, handlers as Handlers<Record<string, Endpoint>>, locators);
}

it('mounts an endpoint with a handler and a row in the policy table', () => {
  expect(mounting(listed, { 'GET /areas': handler })).not.toThrow();
});

it('refuses an endpoint without a handler', () => {
  expect(mounting(listed, {})).toThrow('GET /areas has no handler');
});

it('refuses an action that the policy table does not have', () => {
  expect(mounting({ ...listed, action: 'area:burn' }, { 'GET /areas': handler })).toThrow('area:burn');
});

it('refuses a target that the path does not name', () => {
  expect(mounting({ ...listed, target: 'area' }, { 'GET /areas': handler })).toThrow(':areaId');
});
