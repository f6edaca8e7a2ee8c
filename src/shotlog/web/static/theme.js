// In the head and no module, so that the page is never first drawn in the wrong colours.
'use strict';
{
  const NAME = 'shotlog-theme';
  const root = document.documentElement;
  const read = () => { try { return localStorage.getItem(NAME); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(NAME, theme); } catch { /* not allowed: it holds for this page */ } };
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;

  const chosen = read();
  if (chosen === 'dark' || chosen === 'light') root.dataset.theme = chosen;

  document.addEventListener('DOMContentLoaded', () => {
    document.getElementById('theme-button')?.addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      keep(root.dataset.theme);
    });
  });
}
