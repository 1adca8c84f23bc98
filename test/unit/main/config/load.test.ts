import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, type Environment } from '../../../../src/main/config/load.js';
import { options } from '../../../../src/main/config/options.js';

const least: Environment = { PYLON_RACK: 'east', PYLON_KAFKA: 'k1:9092,k2:9092', PYLON_REDIS: 'redis://r:6379' };

function faults(environment: Environment): string {
  try {
    loadConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('the least configuration, defaults for the rest', () => {
  const config = loadConfig({ ...least, HOME: '/somewhere', PYLON_PORT: '' });
  assert.equal(config.PYLON_WORLD, 'world');
  assert.equal(config.PYLON_PORT, 6380, 'an empty value counts as not set');
  assert.deepEqual(config.PYLON_REDIS, { host: 'r', port: 6379, database: 0 });
  assert.match(config.PYLON_ID, /^east-.*-\d+$/);
  assert.equal(config.PYLON_DEV, false);
});

test('every part of a Redis URL', () => {
  const { PYLON_REDIS } = loadConfig({ ...least, PYLON_REDIS: 'redis://us%40er:p%3Ass@[::1]:7000/3' });
  assert.deepEqual(PYLON_REDIS, { host: '::1', port: 7000, username: 'us@er', password: 'p:ss', database: 3 });
  assert.deepEqual(loadConfig({ ...least, PYLON_REDIS: 'redis://:pw@h' }).PYLON_REDIS, {
    host: 'h', port: 6379, password: 'pw', database: 0,
  });
});

test('all faults are named at once', () => {
  const text = faults({
    PYLON_RACK: 'ea st', PYLON_KAFKA: 'nonsense', PYLON_PORT: '70000', PYLON_PRODUCERS: '1e3', PYLON_DEV: 'yes',
    PYLON_PROT: '1', PYLON_REPLY: 'later',
  });
  const named = ['PYLON_RACK', 'PYLON_KAFKA', 'PYLON_PORT', 'PYLON_PRODUCERS', 'PYLON_DEV', 'PYLON_REDIS', 'PYLON_REPLY'];
  for (const name of named) assert.match(text, new RegExp(`${name}\\b`));
  assert.match(text, /PYLON_PROT is not a variable of Pylon; did you mean PYLON_PORT\?/);
  assert.match(text, /8 fault\(s\)/);
});

test('wrong Redis URLs', () => {
  for (const url of ['r:6379', 'http://r', 'redis://', 'redis://r/x', 'redis://r/0/1', 'redis://r?db=1']) {
    assert.match(faults({ ...least, PYLON_REDIS: url }), /PYLON_REDIS: must be redis:/, url);
  }
});

// Cause: a fault was told with the value, and a URL with a password in it is easily wrong elsewhere.
test('a password is not told, however wrong the URL is', () => {
  for (const url of ['redis://:s3cret@h:1/x', 'redis://u:s3cret@h:70000', 'redis://:s3cret%zz@h', 's3cret', 'redis://:s3cret@h:0']) {
    const text = faults({ ...least, PYLON_REDIS: url, PYLON_PORT: 'x' });
    assert.match(text, /2 fault\(s\)[^]*PYLON_REDIS: must be/, url);
    assert.doesNotMatch(text, /s3cret/, url);
  }
});

test('ports that are none', () => {
  for (const servers of ['k:0', 'k:9092,k:70000']) {
    assert.match(faults({ ...least, PYLON_KAFKA: servers }), /PYLON_KAFKA='.*': a port must be/, servers);
  }
});

test('options that do not go together', () => {
  assert.match(faults({ ...least, PYLON_KAFKA_REPLICATION: '1' }), /PYLON_DEV=1/);
  assert.equal(faults({ ...least, PYLON_KAFKA_REPLICATION: '1', PYLON_DEV: '1' }), '');
});

test('every default passes its own check, every variable is explained', () => {
  const defaults = Object.fromEntries(
    Object.entries(options).flatMap(([name, { fallback }]) => (fallback === undefined ? [] : [[name, fallback]])),
  );
  assert.equal(faults({ ...least, ...defaults }), '');
  for (const [name, { about }] of Object.entries(options)) assert.match(about, /^[A-Z0-9`].{10,}/, name);
});
