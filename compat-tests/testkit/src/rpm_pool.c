/* Gives every pool that libsolv makes the semantics of rpm, for a dnf5 whose libsolv was built for another distribution. */
#define _GNU_SOURCE
#include <dlfcn.h>

void *pool_create(void)
{
	void *(*create)(void) = (void *(*)(void))dlsym(RTLD_NEXT, "pool_create");
	int (*set_distribution)(void *, int) = (int (*)(void *, int))dlsym(RTLD_NEXT, "pool_setdisttype");
	void *pool = create();

	if (set_distribution)
		set_distribution(pool, 0); /* DISTTYPE_RPM */
	return pool;
}
