-- What is asked when a backup is written, and what is done to a database that is restored into.

-- name: instant
select pg_export_snapshot(), current_setting('server_version_num')::int, current_setting('server_version')

-- name: has_installation
select to_regclass('public.catalog_company') is not null

-- name: installation
select installation from public.catalog_company

-- name: migrations
select app, name from public.django_migrations order by id

-- name: others
-- Who else uses this database.
select count(*) from pg_stat_activity
 where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()

-- name: tables
-- What stands in this database, but for what comes with PostgreSQL and its extensions.
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
 order by c.relname

-- name: held
-- Whether an installation holds anything beside what ``init`` makes.
select exists (select from public.auth_user) or exists (select from public.customers_customer)
    or exists (select from public.catalog_product) or exists (select from public.programs_program)
    or exists (select from public.orders_salesorder)

-- name: clear
-- What ``init`` made goes, so that the tables of the backup can come. What an extension brought stays.
do $clear$
declare statement text;
begin
  foreach statement in array coalesce((
    select array_agg(format('drop %s if exists %s cascade', made.kind, made.name)
                     order by array_position(array['view', 'materialized view', 'table', 'sequence', 'routine', 'type'], made.kind))
      from (select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                                  else 'table' end as kind, c.oid::regclass::text as name, 'pg_class'::regclass as catalog, c.oid
              from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
            union all
            select 'routine', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid
              from pg_proc p where p.pronamespace = 'public'::regnamespace
            union all
            select 'type', t.oid::regtype::text, 'pg_type'::regclass, t.oid
              from pg_type t
             where t.typnamespace = 'public'::regnamespace
               and (t.typtype in ('e', 'd') or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
           ) made
     where not exists (select from pg_depend d where d.objid = made.oid and d.classid = made.catalog and d.deptype = 'e')), '{}')
  loop
    execute statement;
  end loop;
end
$clear$

-- name: as_copy
-- A copy is known by its id: no gateway takes its keys for those of the original. It tells customers nothing, nobody is signed in.
select pg_catalog.set_config('search_path', 'public', false);
select pg_catalog.set_config('pghistory.context_metadata', '{"by": "system", "reason": "restored as a copy"}', true);
update public.catalog_company set installation = {installation}, notices_on = false;
delete from public.django_session

-- name: restored
select c.installation, (select count(*) from public.orders_salesorder where parent_id is null) from public.catalog_company c
