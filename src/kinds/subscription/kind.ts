import { json, type Kind, kind, source } from '../table.js';
import { SubscriptionElement } from './subscription-element.js';

/** Tells of the members that are there when it is made, and then of those that come, without a gap. */
export const join = subscription('join', {
  about:
    'This anchor is a subscription. It tells of the members that were there when it was made, its host’s own included, and then of those that its host learns have come, without a gap.',
  help: 'make it a subscription to the members: all that are there, then those that come',
});

/** Tells of the members that go, in order or because they fail. */
export const leave = subscription('leave', {
  about:
    'This anchor is a subscription. It tells of the members that its host learns have gone since it was made.',
  help: 'make it a subscription to members that go',
});

function subscription(
  event: 'join' | 'leave',
  { about, help }: { readonly about: string; readonly help: string },
): Kind<SubscriptionElement> {
  const name = `@${event}` as const;
  return kind<SubscriptionElement>(name, {
    noun: 'subscription',
    about,
    make: {
      file: `mk${name}`,
      help,
      parse:
        () =>
        ({ host }) =>
          new SubscriptionElement(name, (tell) =>
            host.members.follow(event, (member) => tell(`/${member}`)),
          ),
    },
    files: {
      recv: source(
        (subscription) => subscription.receive(),
        'wait for the next one, and print its path, /X…; of several readers, each gets others',
      ),
      peek: json(
        (subscription) => subscription.peek(),
        'its state, as JSON; Pending is how many nobody has read',
      ),
    },
    note: 'It keeps 20,000 that nobody has read. If there are more it ends: those can still be read, and then recv fails (ENOBUFS).',
  });
}
