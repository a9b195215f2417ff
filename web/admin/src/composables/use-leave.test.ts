// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { expect, it } from 'vitest';
import { defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import { useLeave } from './use-leave';

it('leaves for the place an answer leads to, unless the person went elsewhere meanwhile', async () => {
  let leave!: ReturnType<typeof useLeave>;
  const form = defineComponent({
    setup() {
      leave = useLeave();
      return () => h('p');
    },
  });
  const plain = defineComponent(() => () => h('p'));
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/form', component: form },
      { path: '/:rest(.*)', component: plain },
    ],
  });
  await router.push('/form');
  mount(RouterView, { global: { plugins: [router] } });
  await router.isReady();
  await leave.push('/list');
  expect(router.currentRoute.value.path).toBe('/list');
  await router.push('/form');
  const late = leave;
  await router.push('/orders');
  await late.push('/list');
  await late.replace('/list');
  expect(router.currentRoute.value.path).toBe('/orders');
});
