// The page of moments found.

import {bindMoves} from '/static/moves.js';

bindMoves('.hits a');
