import { buildUrl, createCaller, Failure, newIdempotencyKey, type Outgoing } from './client';

function recorder(status: number, body: unknown) {
  const sent: Outgoing[] = [];
  return {
    sent,
    transport: (request: Outgoing) => {
      sent.push(request);
      return Promise.resolve({ status, body });
    },
  };
}

describe('buildUrl', () => {
  it('fills and encodes the path', () => {
    expect(buildUrl('', '/a/{id}/b', { path: { id: 'x/y' } })).toBe('/a/x%2Fy/b');
    expect(() => buildUrl('', '/a/{id}', {})).toThrow('needs id');
  });
  it('leaves out what is absent and repeats arrays', () => {
    const query = { q: '龙井', attr: ['产地:杭州', '等级:特级'], cursor: null, state: '', low: true };
    const url = buildUrl('http://h', '/p', { query });
    expect(decodeURIComponent(url)).toBe('http://h/p?q=龙井&attr=产地:杭州&attr=等级:特级&low=true');
  });
});

describe('call', () => {
  it('sends the token and the idempotency key and returns the body', async () => {
    const wire = recorder(200, { ok: 1 });
    const call = createCaller({ base: '', transport: wire.transport, token: () => 't' });
    const answer = await call('POST', '/x', { body: { a: 1 }, idempotency_key: 'k' });
    expect(answer).toEqual({ ok: 1 });
    expect(wire.sent[0]?.headers).toMatchObject({ Authorization: 'Bearer t', 'Idempotency-Key': 'k' });
  });
  it('turns a problem into a failure that keeps its code, field and request id', async () => {
    const problem = { code: 'product.changed', detail: '商品已被他人修改', field: 'version', request_id: 'r1' };
    const call = createCaller({ base: '', transport: recorder(409, problem).transport, token: () => null });
    const failure = await call('PUT', '/x').catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      status: 409,
      message: '商品已被他人修改',
      ...{ field: 'version', request_id: 'r1' },
    });
  });
  it('calls a lost connection a failure with status 0', async () => {
    const call = createCaller({ base: '', transport: () => Promise.reject(new Error('down')), token: () => null });
    await expect(call('GET', '/x')).rejects.toMatchObject({ status: 0, code: 'network.offline' });
  });
  it('tells about a lost session only when there was one', async () => {
    const told: string[] = [];
    const { transport } = recorder(401, { code: 'session.expired', detail: '请重新登录' });
    let token: string | null = null;
    const call = createCaller({ base: '', transport, token: () => token, onSignedOut: (f) => told.push(f.code) });
    await expect(call('GET', '/x')).rejects.toBeInstanceOf(Failure);
    expect(told).toEqual([]);
    token = 't';
    await expect(call('GET', '/x')).rejects.toBeInstanceOf(Failure);
    expect(told).toEqual(['session.expired']);
  });
  it('survives an answer that is no problem document', async () => {
    const call = createCaller({ base: '', transport: recorder(502, 'Bad gateway').transport, token: () => null });
    await expect(call('GET', '/x')).rejects.toMatchObject({ status: 502, code: 'network.garbled' });
  });
});

describe('newIdempotencyKey', () => {
  it('has 32 allowed characters and differs', () => {
    expect(newIdempotencyKey()).toMatch(/^[0-9a-z]{32}$/);
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey());
  });
});
