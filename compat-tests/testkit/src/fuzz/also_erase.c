/* Lets `rpm -U` and `rpm -i` erase packages in the same transaction, as callers of librpm can and rpm's command line cannot:
 * those that the variable OXIDNF_ALSO_ERASE names, separated by blanks. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_LABEL 2 /* RPMDBI_LABEL */

/* Called by rpm's command line when its own packages are in the transaction. */
int rpmtsOrder(void *ts)
{
	int (*order)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "rpmtsOrder");
	void *(*find)(void *, int, const void *, size_t) =
		(void *(*)(void *, int, const void *, size_t))dlsym(RTLD_NEXT, "rpmtsInitIterator");
	void *(*next)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "rpmdbNextIterator");
	unsigned int (*number)(void *) = (unsigned int (*)(void *))dlsym(RTLD_NEXT, "rpmdbGetIteratorOffset");
	void *(*end)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "rpmdbFreeIterator");
	int (*erase)(void *, void *, int) = (int (*)(void *, void *, int))dlsym(RTLD_NEXT, "rpmtsAddEraseElement");
	const char *names = getenv("OXIDNF_ALSO_ERASE");
	char *words = names ? strdup(names) : NULL, *rest = NULL;

	for (char *name = words ? strtok_r(words, " ", &rest) : NULL; name; name = strtok_r(NULL, " ", &rest)) {
		void *found = find(ts, BY_LABEL, name, 0), *header;

		while (found && (header = next(found)))
			erase(ts, header, (int)number(found));
		if (found)
			end(found);
	}
	free(words);
	return order(ts);
}
