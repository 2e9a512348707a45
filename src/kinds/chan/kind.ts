import { command, json, kind, sink, source, value } from '../table.js';
import { ChannelElement } from './channel-element.js';

/**
 * Go's channel. A message is the bytes written between open and close; it may be of any length, and
 * streams with backpressure. Messages arrive in order, each at one receiver.
 *
 * - A write to `send` blocks until the message is accepted: by a receiver, or by one of `cap` places,
 *   where up to 64 KiB of it wait. Further bytes wait for the receiver.
 * - A receiver that is interrupted, dies, or whose host dies before the first byte has reached it has
 *   received nothing: the next receiver gets the message.
 * - A receiver that vanishes later gives the sender EPIPE. A sender that vanishes half-way gives the
 *   receiver EIO, never a clean end of file.
 * - After `close` the buffered messages can still be received, then `recv` fails with ENODATA.
 * - A message in the buffer of a living member is never lost.
 */
export const chan = kind<ChannelElement>('chan', {
  about: 'This anchor is a channel: messages go from those who write to those who read, in order.',
  noun: 'channel',
  make: {
    file: 'mkchan',
    help: 'make it a channel with room for so many messages',
    example: 'echo 3 > mkchan',
    argument: '<CAPACITY>',
    parse: (text) => {
      const capacity = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
      const channel = new ChannelElement(capacity);
      return () => channel;
    },
  },
  files: {
    send: sink(
      (channel, { memory }) => channel.send(memory),
      'send a message; waits for a receiver or a free place',
    ),
    recv: source((channel) => channel.receive(), 'receive a message; waits for a sender'),
    trysend: sink(
      (channel, { memory }) => channel.send(memory, true),
      'send a message, but fail (EAGAIN) instead of waiting',
    ),
    tryrecv: source(
      (channel) => channel.receive(true),
      'receive a message, but fail (EAGAIN) instead of waiting',
    ),
    close: command((channel) => channel.close(), 'no more sends; what waits can still be received'),
    cap: value((channel) => String(channel.capacity), 'how many messages wait without a receiver'),
    peek: json((channel) => channel.peek(), 'its state, as JSON'),
  },
});
