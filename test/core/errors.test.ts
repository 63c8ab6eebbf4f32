import { messageOf, TrackLayerError } from '../../core/errors.ts'

describe('TrackLayerError', () => {
  test.each([
    ['MESSAGE_INVALID', false],
    ['MESSAGE_UNSUPPORTED', false],
    ['SETTINGS_INVALID', true],
    ['AUTH_REJECTED', true],
    ['RATE_LIMITED', true],
    ['UNAVAILABLE', true],
    ['TIMED_OUT', true],
    ['RECEIVER_REJECTED', false],
    ['SIGNATURE_INVALID', false],
    ['MAPPING_INVALID', false],
  ] as const)('%s: retryable %s', (code, retryable) => {
    expect(new TrackLayerError(code, 'm')).toMatchObject({
      code,
      retryable,
      name: 'TrackLayerError',
    })
  })

  test('keeps the cause and the wait it was given', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new TrackLayerError('UNAVAILABLE', 'Cannot reach it', {
      cause,
      retryAfterMs: 5000,
    })
    expect(error).toMatchObject({ cause, retryAfterMs: 5000 })
  })

  test('has no cause when it was given none', () => {
    expect('cause' in new TrackLayerError('UNAVAILABLE', 'm')).toBe(false)
  })
})

describe('messageOf()', () => {
  test.each([
    { name: 'an error', thrown: new Error('broken'), want: 'broken' },
    { name: 'text', thrown: 'broken', want: 'broken' },
    { name: 'undefined', thrown: undefined, want: 'undefined' },
    {
      name: 'an error with a cause',
      thrown: new Error('failed', { cause: new Error('ECONNRESET') }),
      want: 'failed: ECONNRESET',
    },
    {
      name: 'a cause that says the same',
      thrown: new Error('x', { cause: new Error('x') }),
      want: 'x',
    },
    {
      name: 'an error of many',
      thrown: new AggregateError([new Error('first'), new Error('second')], 'all failed'),
      want: 'all failed: first',
    },
    {
      name: 'an error of many without its own text',
      thrown: new AggregateError([new Error('first')]),
      want: 'first',
    },
    { name: 'an error without text', thrown: new RangeError(), want: 'RangeError' },
  ])('$name', ({ thrown, want }) => {
    expect(messageOf(thrown)).toBe(want)
  })
})
