// The app's entry: uni-app asks for a factory, so that mini programs and browsers start the same way.
import { createPinia } from 'pinia';
import { createSSRApp } from 'vue';
import { prefetchFirstPage } from './composables/prefetch';
import { openedAddress } from './platform/browser';
import { startLanguage } from './messages';
import App from './App.vue';

export function createApp() {
  const app = createSSRApp(App);
  app.use(createPinia());
  // After the stores are there, before any page is.
  const address = openedAddress();
  if (address !== null) prefetchFirstPage(address);
  void startLanguage();
  return { app };
}
