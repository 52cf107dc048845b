import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { post } from '../data/client.ts';
import { useLiveState } from '../data/live.tsx';
import type { Me } from '../data/wire.ts';
import { RehearsalBadge, VenueBadge } from '../parts/badges.tsx';
import { Wheel } from './brand.tsx';
import { hrefOf, PAGES, type Page } from './route.ts';

const IN_NAVIGATION = ['overview', 'coverage', 'tasks', 'reports', 'outbox'] as const;

/** What stands around every page: navigation, the state of the line, the clock, the person. */
export function Shell({ me, page, children }: { me: Me; page: Page; children: ReactNode }) {
  useEffect(() => {
    document.title = page === 'overview' ? 'Millrace' : `${PAGES[page]} · Millrace`;
  }, [page]);
  return (
    <>
      <header className="bar">
        <div className="bar-row">
          <a href={hrefOf('overview')} className="brand">
            <Wheel /> Millrace
          </a>
          {me.rehearsal ? <RehearsalBadge /> : me.venues.includes('sim') && <VenueBadge venue="sim" />}
          <nav className="nav" aria-label="Pages">
            {IN_NAVIGATION.map((name) => (
              <a key={name} href={hrefOf(name)} aria-current={name === page ? 'page' : undefined}>
                {PAGES[name]}
              </a>
            ))}
          </nav>
          <Line />
          <Clock />
          <div className="bar-actions">
            <SchemeSwitch /> <PersonMenu me={me} />
          </div>
        </div>
        <LostBanner />
      </header>
      <main className="page">{children}</main>
      <footer className="foot">
        All times are UTC. Charts by{' '}
        <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
          TradingView Lightweight Charts™
        </a>
        , © TradingView, Inc.
      </footer>
    </>
  );
}

function Line() {
  const state = useLiveState();
  const [dot, text] = {
    live: ['ok', 'Live'],
    connecting: ['warn', 'Connecting'],
    lost: ['bad', 'Offline'],
  }[state] as [string, string];
  return (
    <span className="clock" role="status">
      <span className={`dot ${dot}`} /> {text}
    </span>
  );
}

function LostBanner() {
  const state = useLiveState();
  if (state !== 'lost') return null;
  return (
    <div className="lost" role="alert">
      The connection is lost: figures below are the last known ones. Trying to come back…
    </div>
  );
}

function Clock() {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const iso = new Date(now).toISOString();
  return (
    <time className="clock number" dateTime={iso}>
      <span className="clock-date">{iso.slice(0, 10)} </span>
      {iso.slice(11, 19)} UTC
    </time>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const next = useComputedColorScheme('dark') === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={`Use the ${next} theme`}
      onClick={() => setColorScheme(next)}
    >
      {next === 'light' ? '☀' : '☾'}
    </ActionIcon>
  );
}

function PersonMenu({ me }: { me: Me }) {
  const client = useQueryClient();
  const logout = async () => {
    await post('/logout').catch(() => {});
    client.clear();
    client.setQueryData(['me'], null);
  };
  return (
    <Menu position="bottom-end" width={210} withinPortal={false}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={`Menu of ${me.name}`}>
          {me.name.slice(0, 1).toUpperCase()}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name} · {me.role}
        </Menu.Label>
        <Menu.Item component="a" href={hrefOf('account')}>
          Change password
        </Menu.Item>
        <Menu.Divider />
        {me.role === 'admin' && (
          <Menu.Item component="a" href="/queues" target="_blank">
            Bull Board
          </Menu.Item>
        )}
        <Menu.Item component="a" href={hrefOf('venues')}>
          {PAGES.venues}
        </Menu.Item>
        {(me.role === 'operator' || me.role === 'admin') && (
          <Menu.Item component="a" href={hrefOf('frames')}>
            {PAGES.frames}
          </Menu.Item>
        )}
        <Menu.Item component="a" href="/docs" target="_blank">
          API documentation
        </Menu.Item>
        <Menu.Item component="a" href="/metrics" target="_blank">
          Metrics
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void logout()}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
