/** The command `circuit`. */
import { main } from './main.js';

void main();
