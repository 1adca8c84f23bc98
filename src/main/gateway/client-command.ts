/** CLIENT and its subcommands, as far as a proxy can answer them. */

import { encodeBulk, encodeError, encodeInteger, encodeNull, OK } from '../../shared/resp/encode.js';
import type { FrameArguments } from '../../shared/resp/frame-arguments.js';
import type { Client } from './client.js';

const notForNames = /[\u0000-\u0020\u007f-\uffff]/;

export function clientCommand(client: Client, args: FrameArguments, clients: () => Iterable<Client>): Buffer {
  const subcommand = args.text(1).toLowerCase();
  const arity = (count: number): boolean => args.count === count;
  switch (subcommand) {
    case 'id':
      return arity(2) ? encodeInteger(client.id) : wrongArity(subcommand);
    case 'getname':
      if (!arity(2)) return wrongArity(subcommand);
      return client.facts.name === '' ? encodeNull() : encodeBulk(client.facts.name);
    case 'setname':
      return arity(3) ? setName(client, args.text(2)) : wrongArity(subcommand);
    case 'setinfo':
      return arity(4) ? setInfo(client, args) : wrongArity(subcommand);
    case 'info':
      return arity(2) ? encodeBulk(`${describe(client)}\n`) : wrongArity(subcommand);
    case 'list':
      return encodeBulk([...clients()].map((other) => `${describe(other)}\n`).join(''));
    case 'no-evict':
    case 'no-touch':
      if (!arity(3)) return wrongArity(subcommand);
      return args.is(2, 'on') || args.is(2, 'off') ? OK : encodeError('ERR syntax error');
    case 'reply':
      if (arity(3) && args.is(2, 'on')) return OK;
      return refusal(subcommand, 'replies are what tells that a write is logged', 'read them');
    default:
      return refusal(subcommand, 'it is about connections of one Redis', "use it at the rack's Redis itself");
  }
}

/** @returns OK, or the error for a name that cannot stand in CLIENT LIST */
export function setName(client: Client, name: string): Buffer {
  if (notForNames.test(name)) {
    return encodeError('ERR Client names cannot contain spaces, newlines or special characters.');
  }
  client.facts.name = name;
  return OK;
}

function setInfo(client: Client, args: FrameArguments): Buffer {
  const attribute = args.text(2);
  const value = args.text(3);
  const known = args.is(2, 'lib-name') || args.is(2, 'lib-ver');
  if (!known) return encodeError(`ERR Unrecognized option '${attribute.slice(0, 64)}'`);
  if (notForNames.test(value)) {
    return encodeError(`ERR ${attribute.toLowerCase()} cannot contain spaces, newlines or special characters.`);
  }
  if (args.is(2, 'lib-name')) client.facts.libraryName = value;
  else client.facts.libraryVersion = value;
  return OK;
}

/** One line in the form of CLIENT LIST. */
function describe(client: Client): string {
  const { remoteAddress, remotePort, localAddress, localPort } = client.socket;
  const { name, libraryName, libraryVersion } = client.facts;
  const ageSeconds = Math.floor((Date.now() - client.connectedMs) / 1000);
  return (
    `id=${client.id} addr=${remoteAddress}:${remotePort} laddr=${localAddress}:${localPort} name=${name} ` +
    `age=${ageSeconds} db=0 in-flight=${client.inFlight} resp=2 lib-name=${libraryName} lib-ver=${libraryVersion}`
  );
}

function wrongArity(subcommand: string): Buffer {
  return encodeError(`ERR wrong number of arguments for 'client|${subcommand}' command`);
}

function refusal(subcommand: string, reason: string, instead: string): Buffer {
  return encodeError(`ERR PYLON refuses 'client|${subcommand.slice(0, 64)}': ${reason}; ${instead}`);
}
