import { Failure } from '@api/client';
import { useSubmit } from './use-submit';

vi.mock('@/app/http', () => ({ asFailure: (thrown: unknown) => thrown }));

const refuse = (field: string | null) => () => Promise.reject(new Failure(400, { code: 'x', detail: '太短了', field }));

describe('useSubmit', () => {
  it('answers what the change answered', async () => {
    const { submit, busy } = useSubmit();
    const answer = await submit(() => Promise.resolve(7));
    expect(answer).toEqual({ answer: 7 });
    expect(busy.value).toBe(false);
  });
  it('shows a refusal at its field, and nowhere else', async () => {
    const { submit, fieldError, note } = useSubmit();
    fieldError('name');
    expect(await submit(refuse('name'))).toBeUndefined();
    expect(fieldError('name')).toBe('太短了');
    expect(fieldError('phone')).toBeUndefined();
    expect(note.value).toBeNull();
  });
  it('shows a refusal on top when no field can', async () => {
    const { submit, fieldError, note } = useSubmit();
    fieldError('name');
    await submit(refuse('skus'));
    expect(note.value?.message).toBe('太短了');
    await submit(refuse(null));
    expect(note.value?.message).toBe('太短了');
  });
  it('sends one change at a time', async () => {
    const { submit } = useSubmit();
    let sent = 0;
    const change = () => new Promise<number>((resolve) => setTimeout(() => resolve(++sent), 5));
    const [first, second] = await Promise.all([submit(change), submit(change)]);
    expect([first, second]).toEqual([{ answer: 1 }, undefined]);
  });
});
