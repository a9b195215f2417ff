// The back office starts here: styles, state, routes, and what happens when a session ends.

import 'element-plus/es/components/message/style/css';
import 'element-plus/es/components/message-box/style/css';
import 'element-plus/es/components/notification/style/css';
import './styles/tokens.css';
import './styles/base.css';

import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { onSignedOut } from './app/http';
import { router } from './app/router';
import { useSession } from './app/session';

const app = createApp(App);
app.use(createPinia());
app.use(router);

onSignedOut((failure) => {
  useSession().forget();
  if (router.currentRoute.value.name === 'sign-in') return;
  ElMessage.warning({ message: failure.message, grouping: true });
  void router.replace({ name: 'sign-in', query: { next: router.currentRoute.value.fullPath } });
});

app.mount('#app');
