import { conformance } from './tests.js';

conformance('fuse-native');
