import { en } from 'zod/locales'
import * as z from 'zod/mini'

// The small zod has no texts of its own: without these, every wrong value is told as "Invalid input".
// Every file with schemas imports this one, because a program may load just one of them.
z.config(en())
