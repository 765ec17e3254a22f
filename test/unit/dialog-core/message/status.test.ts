import { expect, it } from 'vitest';
import { reasonPhrase } from '../../../../src/dialog-core/message/index.js';

it('knows the registered phrases', () => {
  expect([100, 180, 200, 302, 404, 481, 487, 491, 503, 606].map(reasonPhrase)).toEqual([
    'Trying',
    'Ringing',
    'OK',
    'Moved Temporarily',
    'Not Found',
    'Call/Transaction Does Not Exist',
    'Request Terminated',
    'Request Pending',
    'Service Unavailable',
    'Not Acceptable',
  ]);
});

it('falls back to the class of an unknown code', () => {
  expect([150, 299, 399, 499, 599, 699].map(reasonPhrase)).toEqual([
    'Trying',
    'OK',
    'Redirect',
    'Client Error',
    'Server Error',
    'Global Failure',
  ]);
});
